using Relay.Abstractions;

namespace Relay.Tests.Plugins;

/// <summary>Plugin classes, most of them with one fault each.</summary>
public sealed partial class PluginRegistryTests
{
    internal abstract class Base : IRelayPlugin
    {
        public ValueTask HandleAsync(PluginMessage message, CancellationToken cancellation) => default;
    }

    internal sealed class NoAttribute : Base;

    [RelayPlugin("chat_")]
    internal abstract class Abstract : Base;

    [RelayPlugin("chat_")]
    internal sealed class Generic<T> : Base;

    [RelayPlugin("chat_")]
    internal sealed class NoPlugin;

    [RelayPlugin("")]
    internal sealed class NoPrefix : Base;

    [RelayPlugin("_")]
    internal sealed class OnlyUnderscore : Base;

    [RelayPlugin("chat")]
    internal sealed class NoUnderscore : Base;

    [RelayPlugin("Chat_")]
    internal sealed class UpperCase : Base;

    [RelayPlugin("_chat_")]
    internal sealed class LeadingUnderscore : Base;

    [RelayPlugin("plugin_")]
    internal sealed class OfTheRelay : Base;

    [RelayPlugin("a123456789b123456789c123456789d123456789e123456789f123456789abcd_")]
    internal sealed class TooLong : Base;

    [RelayPlugin("chat_", RequiredScope = " ")]
    internal sealed class EmptyScope : Base;

    [RelayPlugin("chat_")]
    internal sealed class HiddenConstructor : Base
    {
        private HiddenConstructor()
        {
        }
    }

    [RelayPlugin("chat_")]
    internal sealed class TwoConstructors : Base
    {
        public TwoConstructors()
        {
        }

        public TwoConstructors(Tool tool) => _ = tool;
    }

    [RelayPlugin("chat_")]
    internal sealed class TopicsForNobody : Base
    {
        [Topic("a")]
        public void A(PluginMessage message) => message.Reply("a");
    }

    [RelayPlugin("chat_")]
    internal sealed class TwoForOneTopic : RelayPlugin
    {
        [Topic("a")]
        public void A(PluginMessage message) => message.Reply("a");

        [Topic("a")]
        public void B(PluginMessage message) => message.Reply("b");
    }

    [RelayPlugin("chat_")]
    internal sealed class EmptyTopic : RelayPlugin
    {
        [Topic("")]
        public void A(PluginMessage message) => message.Reply("a");
    }

    [RelayPlugin("chat_")]
    internal sealed class StaticHandler : RelayPlugin
    {
        [Topic("a")]
        public static void A(PluginMessage message) => message.Reply("a");
    }

    [RelayPlugin("chat_")]
    internal sealed class GenericHandler : RelayPlugin
    {
        [Topic("a")]
        public void A<T>(T data, PluginMessage message) => message.Reply("a");
    }

    [RelayPlugin("chat_")]
    internal sealed class AsyncVoid : RelayPlugin
    {
        [Topic("a")]
        public async void A(PluginMessage message) => await Task.FromResult(message.Reply("a"));
    }

    [RelayPlugin("chat_")]
    internal sealed class ReturnsNumber : RelayPlugin
    {
        [Topic("a")]
        public int A(PluginMessage message) => message.Reply("a") ? 1 : 0;
    }

    [RelayPlugin("chat_")]
    internal sealed class TakesNothing : RelayPlugin
    {
        [Topic("a")]
        public void A(CancellationToken cancellation) => cancellation.ThrowIfCancellationRequested();
    }

    [RelayPlugin("chat_")]
    internal sealed class WrongOrder : RelayPlugin<OneJson>
    {
        [Topic("a")]
        public void A(PluginMessage message, int data) => message.Reply("a", data, OneJson.Default.Int32);
    }

    [RelayPlugin("chat_")]
    internal sealed class ByReference : RelayPlugin<OneJson>
    {
        [Topic("a")]
        public void A(in int data, PluginMessage message) => message.Reply("a", data, OneJson.Default.Int32);
    }

    [RelayPlugin("chat_")]
    internal sealed class TypedWithoutJson : RelayPlugin
    {
        [Topic("a")]
        public void A(int data, PluginMessage message) => message.Reply("a", data, OneJson.Default.Int32);
    }

    [RelayPlugin("chat_")]
    internal sealed class UnknownData : RelayPlugin<OneJson>
    {
        [Topic("a")]
        public void A(Version data, PluginMessage message) => message.Fail("a", data.ToString());
    }

    [RelayPlugin("Many", RequiredScope = "")]
    internal sealed class Many : RelayPlugin
    {
        [Topic("")]
        public void A(PluginMessage message) => message.Reply("a");

        [Topic("b")]
        public void B(string data) => Context.PushTo(data, "b", default);
    }

    [RelayPlugin("echo_")]
    internal sealed class OtherEcho : Base;

    [RelayPlugin("tool_")]
    internal sealed class TakesTool(Tool tool, List<string> log) : Base, IDisposable
    {
        public Tool Tool { get; } = tool;

        public void Dispose()
        {
            log.Add("plugin");
            throw new InvalidTimeZoneException();
        }
    }

    [RelayPlugin("tool_")]
    internal sealed class ThrowsWhenMade : Base
    {
        public ThrowsWhenMade(Tool tool) => throw new InvalidTimeZoneException(tool.ToString());
    }
}
