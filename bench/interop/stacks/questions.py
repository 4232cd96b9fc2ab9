"""What Python's stacks ask, from the tasks on standard input, and what they tell of the answers."""
import sys

HEAD = dict(msg_id="0001", msg_type="CRM_MESSAGE", source="REGISTER", destination="SERVER", body_format="SOAPRPC",
            return_format="SOAPRPC", priority="3", charset="850", expect_response="true")


def message(action, card, amount, earlier, order, attribute):
    if action == "GenerateCard":
        series = {attribute + "Action": action, "UserName": "OMS", "CardPrefix": card, "CardSeriesSequence": amount}
        return {"CardSeriesMaintenance": {"CardSeries": series}}
    made = {
        "UserID": "OMS",
        "Instrument": {"InstrumentID": "", "AuthenticationData": "", "CardNumber": card, "CardSwiped": "False"},
        "Comments": "interop",
    }
    if amount != "-":
        made["RTPTransaction"] = {
            "RTPTransactionID": order, "OperatorID": "OMS", "LocationID": "", "TransactionDateTime": "2031-04-05T06:07:08",
            "BusinessDate": "2031-04-05", "RTPAmount": {"CurrencyID": "USD", "Amount": amount}}
    if earlier != "-" or action == "ReturnRequest":
        made["SVATransaction"] = {"SVATransactionID": "" if earlier == "-" else earlier}
    return {action: made}


def facts(answer, attribute):
    if hasattr(answer, "CardSeries"):
        code = getattr(answer.CardSeries, attribute + "ResponseCode")
        return [code, "-", "-", answer.CardSeries.Instrument.CardNumber, "-"]
    transaction = answer.SVATransaction
    held = getattr(transaction, "PreAuthSVAAmount", None)
    return [transaction.Reason.Code, transaction.SVAAmount.Amount, answer.AccountState.Balance.Amount,
            transaction.SVATransactionID, held.PreAuthAmount if held is not None else "-"]


def work(ask, attribute=""):
    """Ask everything. attribute is what the stack puts before the name of an attribute."""
    for line in sys.stdin.buffer.read().decode().splitlines():
        verb, action, card, amount, earlier, order = line.split("\t")
        try:
            answer = ask(action, message(action, card, amount, earlier, order, attribute))
            told = ["ok", *facts(answer, attribute)]
        except Exception as e:  # whatever a stack raises is what the matrix wants to know
            told = ["no", " ".join(f"{type(e).__name__}: {e}".split())]
        sys.stdout.buffer.write("\t".join([verb, *told]).encode() + b"\n")
