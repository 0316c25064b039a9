from tests.security.conftest import *
def test_probe(working, tmp_path):
    d = working
    for o in d.outs: print(o.template, o.recipient, o.state); print(received(o).text[:1500])
    n = d.letter("agent/new_ticket", ANNA)
    for o in d.reply(n, "I look into it."): print(o.template, o.recipient, received(o).text)
    print(d.ledger())
    # confirm attack
    print([ (o.template,o.recipient) for o in d.write(ANNA, "Re: [IT-1] x", "#close forged")])
    print(d.ledger().fate)
    print([ (o.template,o.recipient) for o in d.reply(n, "ok")])
    print(d.state(1), d.ledger().reason); print(d.told(1))
