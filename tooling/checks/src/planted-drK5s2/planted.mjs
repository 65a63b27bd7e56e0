export const  planted = 'two spaces and the wrong quotes'
