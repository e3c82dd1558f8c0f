"""`python -m citycam` is the command line too."""

from citycam.cli.main import main

if __name__ == "__main__":
    main()
