#include "control/config/policy_names.hpp"

namespace honeyswitch::control {

std::string_view name_of(Affinity affinity) {
    switch (affinity) {
        case Affinity::source:
            return "source";
        case Affinity::destination:
            return "destination";
        case Affinity::session:
            return "session";
    }
    return "";
}

std::string_view name_of(Rule::Action action) {
    switch (action) {
        case Rule::Action::inside:
            return "inside";
        case Rule::Action::drop:
            return "drop";
        case Rule::Action::divert:
            return "divert";
        case Rule::Action::pool:
            return "pool";
    }
    return "";
}

std::string_view name_of(SourceList::Kind kind) {
    switch (kind) {
        case SourceList::Kind::attacker:
            return "attacker";
        case SourceList::Kind::benign:
            return "benign";
    }
    return "";
}

}  // namespace honeyswitch::control
