using Relay.Abstractions;

namespace Dice;

[RelayPlugin("dice_", Inline = true)]
public sealed class DicePlugin(Random random) : IRelayPlugin
{
    public ValueTask HandleAsync(PluginMessage message, CancellationToken cancellation)
    {
        switch (message.Topic)
        {
            case "roll":
                message.Reply("rolled", [(byte)('1' + random.Next(6))]);
                break;
            default:
                message.Fail("unknown_topic", "dice_ has the topic roll.");
                break;
        }

        return default;
    }
}
