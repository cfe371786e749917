#include "control/compose/lists_part.hpp"

namespace honeyswitch::control {

std::vector<Numbered<SourceList>> numbered_lists(const Config& config, const Numbers& numbers) {
    std::vector<Numbered<SourceList>> result;
    result.reserve(config.lists.size());
    for (std::size_t i = 0; i < config.lists.size(); ++i)
        result.push_back({numbers.lists.at(i), config.lists[i]});
    return result;
}

}  // namespace honeyswitch::control
