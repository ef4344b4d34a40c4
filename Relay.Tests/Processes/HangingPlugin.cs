using System.Net.Sockets;
using Relay.Tests.Support;

namespace Relay.Tests.Processes;

/// <summary>A plugin folder for a process: <c>slow_hold</c> answers when the port that it is given says so, <c>slow_ever</c> blocks its thread for ever.</summary>
internal static class HangingPlugin
{
    public static void CompileInto(PluginFolder folder) => folder.Compile(
        "slow/slow.dll",
        """
        [Relay.Abstractions.RelayPlugin("slow_")]
        public sealed class Slow : Relay.Abstractions.RelayPlugin
        {
            private readonly System.Threading.Tasks.TaskCompletionSource _gate = new();

            [Relay.Abstractions.Topic("hold")]
            public void Hold(Relay.Abstractions.PluginMessage message)
            {
                Context.Push("holding", default);
                using var release = new System.Net.Sockets.TcpClient("127.0.0.1", int.Parse(System.Text.Encoding.UTF8.GetString(message.Data.Span)));
                release.GetStream().ReadByte();
                message.Reply("held");
            }

            [Relay.Abstractions.Topic("ever")]
            public void Ever(Relay.Abstractions.PluginMessage message)
            {
                Context.Push("holding", default);
                _gate.Task.Wait();
            }
        }
        """,
        "1.0.0.0",
        typeof(TcpClient).Assembly.Location,
        Path.Combine(Path.GetDirectoryName(typeof(TcpClient).Assembly.Location)!, "System.Net.Primitives.dll"));
}
