#!/usr/bin/perl
# A provider on Perl's SOAP::Lite: perl server.pl PORT
# SOAP::Lite reads the message into hashes and writes the answer from SOAP::Data.
use strict;
use warnings;
use utf8;
use SOAP::Transport::HTTP;

my $frame = 'http://xml.datavantagecorp.com/namespace/crm/DTVProcessXML.xsd';

SOAP::Transport::HTTP::Daemon->new(LocalAddr => '127.0.0.1', LocalPort => $ARGV[0], ReuseAddr => 1)
    ->dispatch_with({ $frame => 'Provider' })
    ->on_action(sub { })    # the default wants a SOAPAction of its own making
    ->handle;

package Provider;

# For each request: the answer, its reason code, and which way the amount moves the balance of 200.00.
my %verbs;

BEGIN {
    %verbs = (
        ActivateInstrumentRequest => ['ActivateInstrumentResponse', 2,  1],
        RechargeRequest           => ['RechargeResponse',           8,  1],
        InquiryRequest            => ['InquiryResponse',            16, 0],
        PreauthorizationRequest   => ['PreauthorizationResponse',   24, -1],
        PostauthorizationRequest  => ['PostauthorizationResponse',  26, 0],
        ReturnRequest             => ['ReturnResponse',             18, 1],
        VoidRequest               => ['VoidResponse',               22, 1],
    );
}

sub arts { SOAP::Data->name($_[0])->uri('http://www.nrf-arts.org/IXRetail/namespace/')->prefix('arts') }
sub leaf { my ($name, $text) = @_; return arts($name)->type(string => $text) }
sub node { my ($name, @parts) = @_; return arts($name)->value(\SOAP::Data->value(@parts)) }

sub ProcessXML {
    my ($class, $action, $data) = @_;
    return generated($data->{CardSeriesMaintenance}{CardSeries}) if $action eq 'GenerateCard';
    die SOAP::Fault->faultcode('Client')->faultstring('no such action') unless $verbs{$action};
    return acted($action, $data->{$action});
}

sub generated {
    my ($series) = @_;
    my $name = $series->{CardPrefix} . $series->{CardSeriesSequence};
    return node('CardSeriesMaintenance',
        leaf(DateTime => '2031-04-05T06:07:08'),
        node('CardSeries',
            leaf(ResponseDescription => $series->{UserName}),
            leaf(CardPrefix          => $series->{CardPrefix}),
            leaf(CardSeriesSequence  => $series->{CardSeriesSequence}),
            node('Instrument',
                leaf(InstrumentID => "1${name}00000001"),
                leaf(CardNumber   => "600649${name}123"),
                leaf(BatchNumber  => '001')),
        )->attr({ ResponseCode => 'OK' }));
}

sub acted {
    my ($action, $message) = @_;
    my ($root, $reason, $sign) = @{ $verbs{$action} };
    my $rtp    = $message->{RTPTransaction};
    my $amount = $rtp ? $rtp->{RTPAmount}{Amount} : '0.00';
    my $id     = '70' . substr $message->{Instrument}{CardNumber}, -4;
    my @held   = $action ne 'PostauthorizationRequest' ? () : (
        leaf(PreAuthSVATransactionID => $message->{SVATransaction}{SVATransactionID}),
        node('PreAuthSVAAmount', leaf(PreAuthCurrencyID => 'USD'), leaf(PreAuthAmount => '0.00')));
    return node($root,
        leaf(ResponseDescription => ($rtp ? "$rtp->{RTPTransactionID} " : '') . $message->{UserID}),
        node('InstrumentState', leaf(Status => 'Active')),
        node('AccountState',
            leaf(AccountID     => '501'),
            leaf(AccountStatus => 'Active'),
            node('Balance', leaf(Amount => sprintf('%.2f', 200 + $sign * $amount)), leaf(Currency => 'USD')),
            leaf(EffectiveDate => '2031-04-01T08:00:00-0400'),
            leaf(AccountType   => 'SVC')),
        node('SVATransaction',
            leaf(SVATransactionID => $id),
            @held,
            node('Reason', leaf(Description => $root), leaf(Code => $reason)),
            node('SVAAmount', leaf(CurrencyID => 'USD'), leaf(Amount => $amount)),
            leaf(TransactionDateTime => '2031-04-05T06:07:08-0400'),
            leaf(AuthNumber          => "0000${id}000042")));
}
