#include "control/compose/state_part.hpp"

#include <cstdlib>

#include "control/config/campus.hpp"
#include "control/config/port_spec.hpp"

namespace honeyswitch::control {

StateConfig state_config(const Config& config, const Numbers& numbers) {
    StateConfig state{.save_interval = config.save_interval, .places = {}};
    StatePlaces& places = state.places;
    for (std::size_t i = 0; i < config.honeypots.size(); ++i)
        places.honeypots.emplace(config.honeypots[i].name, HoneypotId{numbers.honeypots.at(i)});
    const auto links = links_of(config);
    for (std::size_t i = 0; i < links.size(); ++i)
        places.links.emplace(links[i].name, static_cast<std::uint8_t>(i));
    for (std::size_t i = 0; i < config.agents.size(); ++i)
        places.agents.emplace(config.agents[i].name,
                              StatePlaces::AgentPlace{.number = AgentId{static_cast<std::uint32_t>(i)},
                                                      .grants = config.agents[i].grants});
    places.campus = possible_domains(config);
    places.observing = config.diversion == DiversionMode::observe;
    places.sighting_lifetime = config.sighting_lifetime;
    return state;
}

std::filesystem::path state_file(const Config& config, const std::string& name) {
    if (!config.state_folder.empty()) return config.state_folder / name;
    const char* const folder = std::getenv("STATE_DIRECTORY");
    return folder == nullptr ? std::filesystem::path() : std::filesystem::path(folder) / name;
}

}  // namespace honeyswitch::control
