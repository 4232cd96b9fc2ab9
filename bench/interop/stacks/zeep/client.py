"""A client on zeep, by the provider's WSDL: python3 client.py URL"""
import sys

import zeep

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import questions  # noqa: E402

client = zeep.Client(sys.argv[1] + "?wsdl")


def ask(action, message):
    head = client.get_element("{dv:xhead}xhead")(**questions.HEAD)
    return client.service[action](ARTSAction=action, ARTSData=message, _soapheaders=[head])


questions.work(ask)
