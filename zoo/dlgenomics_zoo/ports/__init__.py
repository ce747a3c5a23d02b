"""Published networks that must be declared anew: a spec and a map from their arrays to its layers.

Each ``.yaml`` beside this file is one port. A port is data: the spec without the names of its
columns, the layout in which the source's own users give sequences, and for each layer which arrays
it takes and in which form.
"""

from dlgenomics_zoo.ports.port import Port as Port
from dlgenomics_zoo.ports.port import port_for as port_for
from dlgenomics_zoo.ports.port import port_names as port_names
from dlgenomics_zoo.ports.port import port_spec as port_spec
from dlgenomics_zoo.ports.port import read_port as read_port
from dlgenomics_zoo.ports.weights import port_weights as port_weights
