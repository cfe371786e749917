#include "control/config/agent_records.hpp"

#include "agent/wire/key.hpp"

namespace honeyswitch::control {

void read_agent(RecordReader& reader, Config& config) {
    Agent agent;
    reader.only({"name", "key_file", "grants"});
    agent.name = reader.name();
    reader.require("grants", "grants = [\"10.1.0.0/16\"]");
    agent.grants = reader.prefixes("grants", "grant", parse_prefix);
    reader.require("key_file", "key_file = \"PATH\"");
    agent.key_file = reader.path("key_file");
    if (reader.result()) {
        if (const auto key = agent::load_key(agent.key_file))
            agent.key = *key;
        else
            reader.fail("key_file", key.error().message());
    }
    config.agents.push_back(std::move(agent));
}

}  // namespace honeyswitch::control
