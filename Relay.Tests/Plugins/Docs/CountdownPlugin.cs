using System.Globalization;
using System.Text;
using Relay.Abstractions;

namespace Countdown;

[RelayPlugin("countdown_")]
public sealed class CountdownPlugin : RelayPlugin
{
    [Topic("start")]
    public async Task StartAsync(PluginMessage message)
    {
        var stream = message.Detach();
        for (var left = 10; left > 0; left--)
        {
            var sent = await stream.WriteAsync("left", Encoding.UTF8.GetBytes(left.ToString(CultureInfo.InvariantCulture)));
            if (!sent) return;
            await Task.Delay(TimeSpan.FromSeconds(1), Context.Time, stream.Cancelled);
        }

        stream.End("liftoff");
    }
}
