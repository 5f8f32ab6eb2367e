"""llem-backend-pytorch"""

__version__ = "0.1.0"
