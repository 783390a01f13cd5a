"""An open-model load generator for signed messages. Only `sending` knows gevent, only the locustfile knows locust."""
