// In a page that is a file: its document is in it.

show(JSON.parse(byId("data").textContent ?? ""));
