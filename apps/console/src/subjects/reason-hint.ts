/** What is to be kept in mind by whoever writes a reason for an act on a subject. */
export const ABOUT_SUBJECT = "At least eight characters. It is sealed beside the record; don't write anything about the subject that need not be there.";
