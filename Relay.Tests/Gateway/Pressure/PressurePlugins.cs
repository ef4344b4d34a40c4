using System.Text;
using Relay.Abstractions;

namespace Relay.Tests.Gateway.Pressure;

/// <summary>Answers with the data it is given, on the pool.</summary>
[RelayPlugin("pool_")]
internal sealed class PoolPlugin : RelayPlugin
{
    [Topic("say")]
    public void Say(PluginMessage message) => message.Reply("said", message.Data.Span);
}

/// <summary>The same on the receiving thread.</summary>
[RelayPlugin("inline_", Inline = true)]
internal sealed class InlinePlugin(Stage stage) : RelayPlugin
{
    [Topic("say")]
    public void Say(PluginMessage message) => message.Reply("said", message.Data.Span);

    [Topic("block")]
    public void Block(PluginMessage message)
    {
        stage.Block("inline");
        message.Reply("blocked");
    }

    [Topic("thread")]
    public void Thread(PluginMessage message) => message.Reply("thread", Encoding.UTF8.GetBytes(Environment.CurrentManagedThreadId.ToString(System.Globalization.CultureInfo.InvariantCulture)));
}

/// <summary>Hangs in every way. The data is the place where it hangs.</summary>
[RelayPlugin("hang_")]
internal sealed class HangPlugin(Stage stage) : RelayPlugin
{
    [Topic("async")]
    public async Task Async(PluginMessage message)
    {
        await stage.HoldAsync(Place(message));
        stage.Pass("answered " + message.Reply("done"));
    }

    [Topic("block")]
    public void Block(PluginMessage message)
    {
        stage.Block(Place(message));
        message.Reply("done");
    }

    [Topic("speak")]
    public void Speak(PluginMessage message)
    {
        Context.Push("pushed", "1"u8);
        message.Reply("done");
        stage.Block(Place(message));
    }

    [Topic("write")]
    public async Task Write(PluginMessage message)
    {
        await stage.HoldAsync(Place(message));
        try
        {
            var written = await Context.Store.PutAsync("late", "1"u8.ToArray(), null, CancellationToken.None);
            stage.Pass("written " + written.Written);
        }
        catch (Exception)
        {
            stage.Pass("refused");
        }
    }

    [Topic("read")]
    public async Task Read(PluginMessage message)
    {
        var value = await Context.Store.GetAsync("late", CancellationToken.None);
        message.Reply("value", value is null ? "null"u8 : value.Value.Span);
    }

    [Topic("say")]
    public void Say(PluginMessage message) => message.Reply("said", message.Data.Span);

    private static string Place(PluginMessage message) => Encoding.UTF8.GetString(message.Data.Span).Trim('"');
}

/// <summary>Sends much: <c>get</c> with a number of bytes is answered with that many, <c>push</c> pushes them to all of the user's connections.</summary>
[RelayPlugin("big_")]
internal sealed class BigPlugin(Stage stage) : RelayPlugin
{
    [Topic("get")]
    public void Get(PluginMessage message) => message.Reply("got", Data(message));

    [Topic("push")]
    public void Push(PluginMessage message)
    {
        Context.Push("pushed", Data(message), except: message.ConnectionId);
        message.Reply("done");
    }

    [Topic("block")]
    public void Block(PluginMessage message)
    {
        stage.Block("big");
        message.Reply("done");
    }

    /// <summary>Two hundred parts; in the session <c>ever</c> as many as somebody takes.</summary>
    [Topic("stream")]
    public async Task Stream(PluginMessage message)
    {
        var stream = message.Detach(survivesDisconnect: message.SessionId == "survive");
        var part = Data(message);
        var count = 0;
        _ = stream.Cancelled.Register(() => stage.Pass("cancelled"));
        stage.Pass("streaming");
        if (message.SessionId == "survive")
        {
            await stage.HoldAsync("survivor");
            stage.Pass("survived " + !stream.Cancelled.IsCancellationRequested);
        }

        while ((count++ < 200 || message.SessionId == "ever") && await stream.WriteAsync("part", part)) stage.Pass("part");
        stage.Pass("streamed");
        stream.End("end");
    }

    private static byte[] Data(PluginMessage message)
    {
        var bytes = new byte[int.Parse(message.Data.Span, System.Globalization.CultureInfo.InvariantCulture)];
        bytes.AsSpan().Fill((byte)'x');
        bytes[0] = bytes[^1] = (byte)'"';
        return bytes;
    }
}

/// <summary>Crashes when it is told to.</summary>
[RelayPlugin("crash_")]
internal sealed class CrashPlugin(Stage stage) : RelayPlugin
{
    private static int s_leaked;

    public static int Leaked => s_leaked;

    [Topic("throw")]
    public void Throw(PluginMessage message) => throw new InvalidOperationException("poison " + message.RequestId);

    [Topic("later")]
    public async Task Later(PluginMessage message)
    {
        await stage.HoldAsync("poison");
        throw new InvalidOperationException("poison " + message.RequestId);
    }

    [Topic("leak")]
    public void Leak(PluginMessage message)
    {
        _ = Task.Run(async () =>
        {
            await stage.HoldAsync("leak");
            Interlocked.Increment(ref s_leaked);
            throw new InvalidOperationException("leaked");
        });
        message.Reply("leaked");
    }

    [Topic("silent")]
    public void Silent(PluginMessage message)
    {
    }

    [Topic("twice")]
    public void Twice(PluginMessage message)
    {
        var first = message.Reply("once");
        var second = message.Reply("twice");
        stage.Pass($"{first} {second}");
    }

    [Topic("open")]
    public void Open(PluginMessage message) => message.Detach().KeepAlive();

    [Topic("say")]
    public void Say(PluginMessage message) => message.Reply("said", message.Data.Span);
}

/// <summary>Throws in its life cycle, at the place its class names.</summary>
internal abstract class FragilePlugin : IRelayPlugin
{
    public ValueTask HandleAsync(PluginMessage message, CancellationToken cancellation)
    {
        message.Reply("said", message.Data.Span);
        return default;
    }

    public virtual ValueTask StartAsync(PluginContext context, CancellationToken cancellation) => default;

    public virtual ValueTask ShutdownAsync(CancellationToken cancellation) => default;

    public virtual ValueTask StopAsync(CancellationToken cancellation) => default;

    protected static ValueTask Sync() => throw new InvalidOperationException("at once");

    protected static async ValueTask Async()
    {
        await Task.Yield();
        throw new InvalidOperationException("later");
    }
}

[RelayPlugin("ctor_")]
internal sealed class ThrowsInConstructor : FragilePlugin
{
    public ThrowsInConstructor() => throw new InvalidOperationException("constructor");
}

[RelayPlugin("startsync_")]
internal sealed class ThrowsInStart : FragilePlugin
{
    public override ValueTask StartAsync(PluginContext context, CancellationToken cancellation) => Sync();
}

[RelayPlugin("startasync_")]
internal sealed class ThrowsInStartLater : FragilePlugin
{
    public override ValueTask StartAsync(PluginContext context, CancellationToken cancellation) => Async();
}

[RelayPlugin("shutsync_")]
internal sealed class ThrowsInShutdown : FragilePlugin
{
    public override ValueTask ShutdownAsync(CancellationToken cancellation) => Sync();
}

[RelayPlugin("shutasync_")]
internal sealed class ThrowsInShutdownLater : FragilePlugin
{
    public override ValueTask ShutdownAsync(CancellationToken cancellation) => Async();
}

[RelayPlugin("stopsync_")]
internal sealed class ThrowsInStop : FragilePlugin
{
    public override ValueTask StopAsync(CancellationToken cancellation) => Sync();
}

[RelayPlugin("stopasync_")]
internal sealed class ThrowsInStopLater : FragilePlugin
{
    public override ValueTask StopAsync(CancellationToken cancellation) => Async();
}
