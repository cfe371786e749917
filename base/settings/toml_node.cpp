#include "base/settings/toml_node.hpp"

#include <fmt/format.h>

namespace honeyswitch {

std::string place_of(const toml::source_region& region) {
    return fmt::format("{}:{}:{}", region.path ? *region.path : std::string(), region.begin.line,
                       region.begin.column);
}

std::string_view kind_of(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::table:
            return "a table";
        case toml::node_type::array:
            return "an array";
        case toml::node_type::string:
            return "a string";
        case toml::node_type::integer:
            return "an integer";
        case toml::node_type::floating_point:
            return "a floating-point number";
        case toml::node_type::boolean:
            return "a boolean";
        case toml::node_type::date:
        case toml::node_type::time:
        case toml::node_type::date_time:
            return "a date or time";
        case toml::node_type::none:
            break;
    }
    return "nothing";
}

}  // namespace honeyswitch
