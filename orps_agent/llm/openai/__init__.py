"""PendingCall endpoints that implement OpenAI's chat API: requests, replies, faults, retries and limits."""
