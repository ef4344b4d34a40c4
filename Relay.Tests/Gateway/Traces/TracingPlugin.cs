using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging;
using Relay.Abstractions;

namespace Relay.Tests.Gateway.Traces;

/// <summary><c>trace_</c>: answers with the span that it runs in.</summary>
[RelayPlugin("trace_")]
internal sealed class TracingPlugin : RelayPlugin
{
    [Topic("now")]
    public void Now(PluginMessage message) => Answer(message);

    [Topic("later")]
    public async Task LaterAsync(PluginMessage message)
    {
        await Task.Yield();
        Answer(message);
    }

    [Topic("after_reply")]
    public async Task AfterReplyAsync(PluginMessage message)
    {
        message.Reply("early");
        await Task.Yield();
        Context.Push("current", Encoding.UTF8.GetBytes($"\"{Activity.Current?.Id}\""));
    }

    [Topic("detach")]
    public async Task DetachAsync(PluginMessage message)
    {
        var stream = message.Detach();
        await Task.Yield();
        await stream.WriteAsync("part", "1"u8.ToArray());
        stream.End("done");
    }

    [Topic("fail")]
    public void Fail(PluginMessage message) => message.Fail("sorry", "It cannot be done.");

    [Topic("crash")]
    public void Crash(PluginMessage message) => throw new InvalidOperationException("a secret of " + message.Topic);

    [Topic("log")]
    public async Task LogAsync(PluginMessage message)
    {
        Context.Log.LogInformation("said at once");
        await Task.Yield();
        Context.Log.LogInformation("said later");
        Answer(message);
    }

    [Topic("call")]
    public async Task CallAsync(PluginMessage message)
    {
        using var http = new HttpClient();
        var said = await http.GetStringAsync(new Uri(message.ReadData(Json.Default.String)!));
        message.Reply("called", Encoding.UTF8.GetBytes($"\"{said}\""));
    }

    private static void Answer(PluginMessage message) => message.Reply("is", Encoding.UTF8.GetBytes($"\"{Activity.Current?.Id}\""));
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class Json : System.Text.Json.Serialization.JsonSerializerContext;
