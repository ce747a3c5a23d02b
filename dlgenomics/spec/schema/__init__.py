"""What a spec may hold, for editors (JSON Schema) and for people; both from the same texts."""

from dlgenomics.spec.schema.document import json_schema as json_schema
from dlgenomics.spec.schema.help import Help as Help
from dlgenomics.spec.schema.help import topic_help as topic_help
