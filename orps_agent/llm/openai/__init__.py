"""Endpoints that speak the API of OpenAI: requests, replies, faults, retries and limits."""
