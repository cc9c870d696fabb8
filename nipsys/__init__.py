"""nipsys: declare a machine's software in one file, and get exactly that on every machine.

The rooms, from top to bottom; a room imports only from the rooms below it::

    cli         the commands; the only room that prints
    api         the public interface: profiles, locks, plans and roots for programs
    app         one function per use case
    audit       trusted bytes and the build closure
    generation  numbered systems: stage, publish, switch, roll back
    view        how programs run: roots, launchers, triggers     builder  recipes, built in a sandbox
    store       immutable trees named by their content
    effects     ports to disk, web, processes, clock    sources  how foreign indexes are read
    plan        the lock compared with a generation     resolve  choosing packages
    index       candidates in one mapped file
    profile     text to Profile                         lock     Resolution to canonical text and back
    versions    how each ecosystem orders versions
    model       frozen values, no input or output

effects holds the ports to disk, web, processes, clock; the pure rooms (model, versions, profile, lock, sources, resolve,
plan, index, audit) never touch the world.

Data flows one way: profile text becomes a Profile, foreign bytes become Records, both become a
Resolution, a Lock and a Plan, then trees, views and finally a Generation that one rename makes current.
"""

__version__ = "0.1.0"
