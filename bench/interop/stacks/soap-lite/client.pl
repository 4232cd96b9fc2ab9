#!/usr/bin/perl
# A client on Perl's SOAP::Lite, by the provider's WSDL: perl client.pl URL
# SOAP::Lite takes the address and the SOAPAction from the WSDL. It cannot make document/literal messages of it, so the
# message is built of SOAP::Data.
use strict;
use warnings;
use utf8;
use SOAP::Lite;

binmode STDIN,  ':encoding(UTF-8)';
binmode STDOUT, ':encoding(UTF-8)';
my $frame = 'http://xml.datavantagecorp.com/namespace/crm/DTVProcessXML.xsd';
my @head  = (msg_id => '0001', msg_type => 'CRM_MESSAGE', source => 'REGISTER', destination => 'SERVER', body_format => 'SOAPRPC',
    return_format => 'SOAPRPC', priority => '3', charset => '850', expect_response => 'true');

my $services = SOAP::Schema->new(schema_url => "$ARGV[0]?wsdl")->parse->services;
my ($service) = grep { $_ eq 'StoredValueService' } keys %$services or die 'the WSDL has no service';

sub leaf { my ($name, $text) = @_; return SOAP::Data->name($name)->type(string => $text) }
sub node { my ($name, @parts) = @_; return SOAP::Data->name($name)->value(\SOAP::Data->value(@parts)) }
sub leaves { my @leaves; push @leaves, leaf(splice @_, 0, 2) while @_; return @leaves }

sub message {
    my ($action, $card, $amount, $earlier, $order) = @_;
    if ($action eq 'GenerateCard') {
        return node('CardSeriesMaintenance',
            node('CardSeries', leaves(UserName => 'OMS', CardPrefix => $card, CardSeriesSequence => $amount))->attr({ Action => $action }));
    }
    my @parts = (leaf(UserID => 'OMS'),
        node('Instrument', leaves(InstrumentID => '', AuthenticationData => '', CardNumber => $card, CardSwiped => 'False')));
    push @parts, node('RTPTransaction',
        leaves(RTPTransactionID => $order, OperatorID => 'OMS', LocationID => '', TransactionDateTime => '2031-04-05T06:07:08',
            BusinessDate => '2031-04-05'),
        node('RTPAmount', leaves(CurrencyID => 'USD', Amount => $amount)))
        if $amount ne '-';
    push @parts, node('SVATransaction', leaf(SVATransactionID => $earlier eq '-' ? '' : $earlier))
        if $earlier ne '-' || $action eq 'ReturnRequest';
    return node($action, @parts, leaf(Comments => 'interop'));
}

sub ask {
    my ($action, $message) = @_;
    my $operation = $services->{$service}{$action} or die 'the WSDL has no such operation';
    my $header = SOAP::Header->name('h:xhead')->attr({ 'xmlns:h' => 'dv:xhead' })
        ->value(\SOAP::Header->value(map { leaf("h:$_->[0]", $_->[1]) } pairs(@head)));
    my $som = SOAP::Lite->proxy($operation->{endpoint}->value, timeout => 60)->on_action(sub { '""' })
        ->encodingStyle('')->envprefix('soap')
        ->call(SOAP::Data->name('dtv:ProcessXML')->attr({ 'xmlns:dtv' => $frame }),
            leaf('dtv:ARTSAction', $action), node('dtv:ARTSData', $message), $header);
    die $som->faultcode . ': ' . $som->faultstring . "\n" if $som->fault;
    return $som;
}

sub pairs { my @pairs; push @pairs, [splice @_, 0, 2] while @_; return @pairs }

sub facts {
    my ($som) = @_;
    if (my $number = $som->valueof('//Instrument/CardNumber')) {
        return ($som->dataof('//CardSeries')->attr->{ResponseCode}, '-', '-', $number, '-');
    }
    my @facts = map { $som->valueof("//$_") } 'SVATransaction/Reason/Code', 'SVATransaction/SVAAmount/Amount',
        'AccountState/Balance/Amount', 'SVATransaction/SVATransactionID';
    die "no stored value answer\n" unless @facts == 4;
    return (@facts, $som->valueof('//PreAuthSVAAmount/PreAuthAmount') // '-');
}

while (my $line = <STDIN>) {
    chomp $line;
    my ($verb, $action, @rest) = split /\t/, $line;
    my @told = eval { ('ok', facts(ask($action, message($action, @rest)))) };
    @told = ('no', join ' ', split ' ', $@) unless @told;
    print join("\t", $verb, @told), "\n";
}
