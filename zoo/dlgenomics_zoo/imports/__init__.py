"""Models made elsewhere → packages of ours: a spec, weights of Keras 3, and a test of their own."""

from dlgenomics_zoo.imports.imported import Imported as Imported
from dlgenomics_zoo.imports.imported import package_imported as package_imported
from dlgenomics_zoo.imports.kipoi import import_kipoi as import_kipoi
from dlgenomics_zoo.imports.networks import import_keras as import_keras
