#include "core/parse/unreadable.h"

namespace c2watch::parse {

std::string_view name_of(Unreadable why) {
  switch (why) {
    case Unreadable::none:
      return "none";
    case Unreadable::empty:
      return "empty";
    case Unreadable::too_large:
      return "too_large";
    case Unreadable::too_deep:
      return "too_deep";
    case Unreadable::not_utf8:
      return "not_utf8";
    case Unreadable::not_json:
      return "not_json";
    case Unreadable::not_xml:
      return "not_xml";
    case Unreadable::dtd:
      return "dtd";
    case Unreadable::unknown_format:
      return "unknown_format";
    case Unreadable::unknown_shape:
      return "unknown_shape";
    case Unreadable::bad_event_id:
      return "bad_event_id";
    case Unreadable::no_time:
      return "no_time";
    case Unreadable::bad_time:
      return "bad_time";
    case Unreadable::shifted_fields:
      return "shifted_fields";
    case Unreadable::missing_fields:
      return "missing_fields";
  }
  return "";
}

}  // namespace c2watch::parse
