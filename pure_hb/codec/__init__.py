"""HOW DO VALUES BECOME JSON, AND BACK? The conversion of values, and the canonical text of JSON."""

from pure_hb.codec.quick import UNUSUAL as UNUSUAL
from pure_hb.codec.quick import quick_action as quick_action
from pure_hb.codec.quick import quick_event as quick_event
from pure_hb.codec.text import CodecError as CodecError
from pure_hb.codec.text import Json as Json
from pure_hb.codec.text import canonical as canonical
from pure_hb.codec.text import parse as parse
from pure_hb.codec.text import shown as shown
from pure_hb.codec.values import action_from_json as action_from_json
from pure_hb.codec.values import action_to_json as action_to_json
from pure_hb.codec.values import event_from_json as event_from_json
from pure_hb.codec.values import event_to_json as event_to_json
from pure_hb.codec.values import from_json as from_json
from pure_hb.codec.values import to_json as to_json
