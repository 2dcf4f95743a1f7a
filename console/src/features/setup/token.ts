/** The token in what somebody pasted: itself, the address that the server prints, or the line of the log with it. Pure. */
export const tokenIn = (text: string) => /[?&]token=([^&\s]+)/.exec(text)?.[1] ?? text.trim();
