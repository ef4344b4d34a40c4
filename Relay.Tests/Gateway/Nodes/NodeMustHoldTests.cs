using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Gateway.Hosting;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Nodes;

/// <summary>What issue and users rely on, with everything at once.</summary>
public abstract class NodeMustHoldTests : NodeHttpTests
{
    private const int Streams = 100;

    // So many streams of the node that dies have reached their callers.
    private const int Begun = 10;

    private const string Secret = "the-quick-brown-prompt";

    [Fact]
    public async Task AHundredStreamsOverThreeNodesOfWhichOneIsKilledHalfway()
    {
        await using var relay = await StartAsync();
        using var caller = new NodeCaller(relay);
        var nodes = new List<TestNode>();
        foreach (var id in (string[])["a", "b", "c"]) nodes.Add(await TestNode.JoinAsync(relay, id, capacity: 34));
        var (doomed, reached, dead) = (nodes[0], new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var begun = new ConcurrentDictionary<int, bool>();
        var (taken, arrived) = (0, 0);
        foreach (var node in nodes)
        {
            node.Serve = async job =>
            {
                var number = Number(job);
                var pieces = Pieces(number);

                // Half of its streams have begun when it dies, and none has ended; the others' end after it.
                if (node == doomed && Interlocked.Increment(ref taken) % 2 == 0) return;
                if (node == doomed) begun[number] = true;
                await job.AnswerAsync();
                var half = pieces.Length / 2;
                for (var i = 0; i < half; i++) await job.SendAsync(pieces[i]);
                if (node == doomed) return;
                await dead.Task;
                for (var i = half; i < pieces.Length; i++) await job.SendAsync(pieces[i]);
                await job.EndAsync();
            };
        }

        var calls = Enumerable.Range(0, Streams).Select(i => ReadAsync(caller, i, Began)).ToList();
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await doomed.DisposeAsync();
        dead.SetResult();
        var answers = await Task.WhenAll(calls).WaitAsync(TimeSpan.FromSeconds(60));
        for (var i = 0; i < Streams; i++)
        {
            var (whole, answer) = (string.Concat(Pieces(i)), answers[i]);
            if (answer == whole) continue;
            Assert.Contains(i, begun.Keys);
            var error = answer.LastIndexOf("data: {\"error\"", StringComparison.Ordinal);
            Assert.StartsWith(answer[..error].TrimEnd('\n'), whole, StringComparison.Ordinal);
            NodeExtensions.AssertError(answer[(error + 6)..], "node_lost");
        }

        var broken = Enumerable.Range(0, Streams).Count(i => answers[i] != string.Concat(Pieces(i)));
        Assert.InRange(broken, Begun, 34);

        void Began(int number)
        {
            if (begun.ContainsKey(number) && Interlocked.Increment(ref arrived) == Begun) reached.SetResult();
        }
    }

    [Fact]
    public async Task NoPromptAndNoAnswerIsLoggedOrStored()
    {
        var lines = new ConcurrentQueue<string>();
        await using (var relay = await StartAsync(
            static settings => settings with { Logging = new() { Level = LogLevel.Trace } },
            services: services => services.AddSingleton<ILoggerProvider>(new Recorder(lines))))
        {
            using var caller = new NodeCaller(relay);
            var node = await TestNode.JoinAsync(relay);
            node.Serve = static async job =>
            {
                await job.AnswerAsync();
                await job.SendAsync($"data: {Secret}\n\n");
                await job.FailAsync();
            };
            var body = NodeCaller.Body(more: $",\"x\":\"{Secret}\",\"prompt_cache_key\":\"{Secret}\"");
            (string, string)[] headers = [("Authorization", "Bearer " + Secret), ("X-Relay-Stream-Id", "s")];
            using (var answer = await caller.PostAsync(body, headers: headers)) Assert.Contains(Secret, await answer.Content.ReadAsStringAsync());
            using (var refused = await caller.PostAsync(body[..^1], headers: headers)) await refused.ExpectErrorAsync(400, "invalid_body");
            await node.Socket.SendTextAsync("{\"type\":\"" + Secret + "\"}");
            await node.EndedAsync();
            foreach (var server in (RelayServer[])[relay.Nodes, relay.Callers])
            {
                var folder = Path.GetDirectoryName(server.Services.GetRequiredService<RelaySettings>().Storage.Sqlite.Path)!;
                foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(static file => !file.EndsWith(".lock", StringComparison.Ordinal)))
                    Assert.DoesNotContain(Secret, Encoding.Latin1.GetString(await ReadAsync(file)));
            }

            foreach (var line in relay.Logged) lines.Enqueue(line);
        }

        Assert.Contains(lines, static line => line.Contains("broke the protocol", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, static line => line.Contains(Secret, StringComparison.Ordinal));
    }

    private static async Task<string> ReadAsync(NodeCaller caller, int number, Action<int> began)
    {
        using var response = await caller.PostAsync(NodeCaller.Body(more: $",\"n\":{number}"));
        began(number);
        return await (await response.Content.ReadAsStreamAsync()).ReadToEndAsync();
    }

    private static async Task<byte[]> ReadAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    private static int Number(NodeJob job) => JsonSerializer.Deserialize<JsonElement>(job.Body).GetProperty("n").GetInt32();

    // Cut anywhere, with both kinds of line ends.
    private static string[] Pieces(int number)
    {
        var random = new Random(number);
        var text = new StringBuilder();
        for (var i = 0; i < 50; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"data: {{\"choices\":[{{\"delta\":{{\"content\":\"{number}.{i} {new string('x', random.Next(200))}\"}}}}]}}");
            text.Append(random.Next(3) == 0 ? "\r\n\r\n" : "\n\n");
        }

        var (whole, pieces) = (text.Append("data: [DONE]\n\n").ToString(), new List<string>());
        for (var at = 0; at < whole.Length;)
        {
            var length = Math.Min(1 + random.Next(400), whole.Length - at);
            pieces.Add(whole.Substring(at, length));
            at += length;
        }

        return [.. pieces];
    }

    private sealed class Recorder(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
