"""A client on suds, by the provider's WSDL: python3 client.py URL"""
import sys

from suds.client import Client

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import questions  # noqa: E402

client = Client(sys.argv[1] + "?wsdl", cache=None, timeout=60)
client.set_options(soapheaders=dict(xhead=questions.HEAD))


def ask(action, message):
    return getattr(client.service, action)(action, message)


questions.work(ask, attribute="_")
