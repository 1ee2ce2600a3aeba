/** Where the customer is counted: attributes of the customer, not of a subscription (rule 5). Unknown is `''`. */
export type Place = { readonly owner: string; readonly segment: string; readonly country: string };
