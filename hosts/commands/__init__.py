"""The commands of `unionhub`: one module a noun, imported when its command is called (hosts/cli.py has the register)."""
