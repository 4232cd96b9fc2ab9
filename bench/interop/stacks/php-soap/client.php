<?php
// A client on PHP's SoapClient, by the provider's WSDL: php client.php URL
// Tasks come line by line from standard input; what the answers say goes to standard output.

const HEAD = ['msg_id' => '0001', 'msg_type' => 'CRM_MESSAGE', 'source' => 'REGISTER', 'destination' => 'SERVER',
    'body_format' => 'SOAPRPC', 'return_format' => 'SOAPRPC', 'priority' => '3', 'charset' => '850', 'expect_response' => 'true'];

function message(string $action, string $card, string $amount, string $earlier, string $order): array
{
    if ($action === 'GenerateCard') {
        return ['CardSeriesMaintenance' => ['CardSeries' => [
            'Action' => $action, 'UserName' => 'OMS', 'CardPrefix' => $card, 'CardSeriesSequence' => $amount]]];
    }
    $message = [
        'UserID' => 'OMS',
        'Instrument' => ['InstrumentID' => '', 'AuthenticationData' => '', 'CardNumber' => $card, 'CardSwiped' => 'False'],
        'Comments' => 'interop',
    ];
    if ($amount !== '-') {
        $message['RTPTransaction'] = [
            'RTPTransactionID' => $order, 'OperatorID' => 'OMS', 'LocationID' => '',
            'TransactionDateTime' => '2031-04-05T06:07:08', 'BusinessDate' => '2031-04-05',
            'RTPAmount' => ['CurrencyID' => 'USD', 'Amount' => $amount],
        ];
    }
    if ($earlier !== '-' || $action === 'ReturnRequest') {
        $message['SVATransaction'] = ['SVATransactionID' => $earlier === '-' ? '' : $earlier];
    }
    return [$action => $message];
}

function facts(object $answer): array
{
    if (isset($answer->CardSeries)) {
        return [$answer->CardSeries->ResponseCode, '-', '-', $answer->CardSeries->Instrument->CardNumber, '-'];
    }
    $transaction = $answer->SVATransaction;
    return [$transaction->Reason->Code, $transaction->SVAAmount->Amount, $answer->AccountState->Balance->Amount,
        $transaction->SVATransactionID, $transaction->PreAuthSVAAmount->PreAuthAmount ?? '-'];
}

$client = new SoapClient($argv[1] . '?wsdl', ['cache_wsdl' => WSDL_CACHE_NONE, 'connection_timeout' => 60]);
$client->__setSoapHeaders(new SoapHeader('dv:xhead', 'xhead', HEAD));
set_error_handler(function (int $_, string $text) { throw new ErrorException($text); });
while (($line = fgets(STDIN)) !== false) {
    [$verb, $action, $card, $amount, $earlier, $order] = explode("\t", rtrim($line, "\n"));
    try {
        $answer = $client->$action(['ARTSAction' => $action, 'ARTSData' => message($action, $card, $amount, $earlier, $order)]);
        $told = ['ok', ...facts($answer)];
    } catch (Throwable $e) {
        $told = ['no', get_class($e) . ': ' . preg_replace('/\s+/', ' ', $e->getMessage())];
    }
    echo implode("\t", [$verb, ...$told]), "\n";
}
