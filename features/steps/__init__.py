"""The words that scenarios are made of, one module for each subject. README.md lists them for product owners."""
