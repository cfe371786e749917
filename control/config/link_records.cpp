#include "control/config/link_records.hpp"

#include "control/config/port_spec.hpp"

namespace honeyswitch::control {

void read_link(RecordReader& reader, Config& config) {
    Link link;
    reader.only({"name", "outside", "inside", "mirror"});
    link.name = reader.name();
    reader.parsed("mirror", link.mirror, parse_port);
    if (link.is_mirror()) {
        for (const auto* const key : {"outside", "inside"})
            reader.refuse_beside(key, "mirror", "a mirror has one port, and nothing goes out of it");
    } else {
        reader.require("outside", "outside = \"PORT\"");
        reader.require("inside", "inside = \"PORT\"");
        reader.parsed("outside", link.outside, parse_port);
        reader.parsed("inside", link.inside, parse_port);
    }
    config.links.push_back(std::move(link));
}

}  // namespace honeyswitch::control
