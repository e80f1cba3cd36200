/** Email addresses and phone numbers as people type them. */

/** A code's digits, however they were typed or pasted. */
export function digitsOf(text: string): string {
  return text.replace(/\D/g, "");
}

export function isEmail(contact: string): boolean {
  return contact.includes("@");
}
