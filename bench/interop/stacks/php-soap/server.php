<?php
// A provider on PHP's SoapServer: php -S 127.0.0.1:PORT server.php
// SoapServer reads the message into objects and writes the answer from arrays, both by entrance.wsdl.

// For each request: the answer, its reason code, and which way the amount moves the balance of 200.00.
const VERBS = [
    'ActivateInstrumentRequest' => ['ActivateInstrumentResponse', '2', 1],
    'RechargeRequest' => ['RechargeResponse', '8', 1],
    'InquiryRequest' => ['InquiryResponse', '16', 0],
    'PreauthorizationRequest' => ['PreauthorizationResponse', '24', -1],
    'PostauthorizationRequest' => ['PostauthorizationResponse', '26', 0],
    'ReturnRequest' => ['ReturnResponse', '18', 1],
    'VoidRequest' => ['VoidResponse', '22', 1],
];

function generated(object $series): array
{
    $name = $series->CardPrefix . $series->CardSeriesSequence;
    return ['DateTime' => '2031-04-05T06:07:08', 'CardSeries' => [
        'ResponseCode' => 'OK',
        'ResponseDescription' => $series->UserName,
        'CardPrefix' => $series->CardPrefix,
        'CardSeriesSequence' => $series->CardSeriesSequence,
        'Instrument' => ['InstrumentID' => "1{$name}00000001", 'CardNumber' => "600649{$name}123", 'BatchNumber' => '001'],
    ]];
}

function acted(string $action, object $message): array
{
    [$root, $reason, $sign] = VERBS[$action];
    $rtp = $message->RTPTransaction ?? null;
    $amount = $rtp ? $rtp->RTPAmount->Amount : '0.00';
    $minor = 20000 + $sign * (int) str_replace('.', '', $amount);
    $id = '70' . substr($message->Instrument->CardNumber, -4);
    $transaction = [
        'SVATransactionID' => $id,
        'Reason' => ['Description' => $root, 'Code' => $reason],
        'SVAAmount' => ['CurrencyID' => 'USD', 'Amount' => $amount],
        'TransactionDateTime' => '2031-04-05T06:07:08-0400',
        'AuthNumber' => "0000{$id}000042",
    ];
    if ($action === 'PostauthorizationRequest') {
        $transaction['PreAuthSVATransactionID'] = $message->SVATransaction->SVATransactionID;
        $transaction['PreAuthSVAAmount'] = ['PreAuthCurrencyID' => 'USD', 'PreAuthAmount' => '0.00'];
    }
    return [
        'ResponseDescription' => ($rtp ? $rtp->RTPTransactionID . ' ' : '') . $message->UserID,
        'InstrumentState' => ['Status' => 'Active'],
        'AccountState' => [
            'AccountID' => '501',
            'AccountStatus' => 'Active',
            'Balance' => ['Amount' => sprintf('%d.%02d', intdiv($minor, 100), $minor % 100), 'Currency' => 'USD'],
            'EffectiveDate' => '2031-04-01T08:00:00-0400',
            'AccountType' => 'SVC',
        ],
        'SVATransaction' => $transaction,
    ];
}

function ProcessXML(object $request): array
{
    $action = $request->ARTSAction;
    if ($action === 'GenerateCard') {
        return ['CardSeriesMaintenance' => generated($request->ARTSData->CardSeriesMaintenance->CardSeries)];
    }
    if (!isset(VERBS[$action])) {
        throw new SoapFault('Client', 'no such action');
    }
    return [VERBS[$action][0] => acted($action, $request->ARTSData->$action)];
}

$server = new SoapServer(__DIR__ . '/../entrance.wsdl', ['cache_wsdl' => WSDL_CACHE_NONE]);
$server->addFunction('ProcessXML');
$server->handle();
