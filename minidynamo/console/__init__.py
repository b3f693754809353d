"""The console: pages in a browser that show what a served database holds, does and costs."""
