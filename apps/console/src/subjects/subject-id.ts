/** A subject's id, as an address or a field has it. */
export const SUBJECT_ID = /^sub_[0-9a-hjkmnp-tv-z]{26}$/;
