#include "control/config/link_records.hpp"

#include "control/config/port_spec.hpp"

namespace honeyswitch::control {

void read_link(RecordReader& reader, Config& config) {
    Link link;
    reader.only({"name", "outside", "inside"});
    link.name = reader.name();
    reader.require("outside", "outside = \"PORT\"");
    reader.require("inside", "inside = \"PORT\"");
    reader.parsed("outside", link.outside, parse_port);
    reader.parsed("inside", link.inside, parse_port);
    config.links.push_back(std::move(link));
}

}  // namespace honeyswitch::control
