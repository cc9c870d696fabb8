"""nipsys: declare a machine's software in one file, and get it, exactly, on every machine.

The rooms, from the street to the cellar; a room imports only from rooms below it::

    cli         the commands; the only room that prints
    app         one function per use case
    fleet       caches, signatures, hosts, waves, drift
    audit       trusted bytes, SBOM, advisories, licences
    generation  numbered systems: stage, publish, switch, roll back
    view        how programs run: roots, launchers, triggers     build  recipes in a sandbox
    store       immutable trees named by their content
    effects     the only room that touches the world
    sources     how foreign indexes read    plan  lock against generation    resolve  choosing
    index       candidates in one mapped file
    profile     text to Profile             lock  Resolution to canonical text and back
    versions    how each ecosystem orders versions
    model       the nouns: frozen values, no input or output

Data flows one way: profile text becomes a Profile, foreign bytes become Records, both become a
Resolution, a Lock, a Plan, then trees, views and at last a Generation that one rename makes current.
"""

__version__ = "0.1.0"
