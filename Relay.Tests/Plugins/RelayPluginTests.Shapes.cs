using Relay.Abstractions;

namespace Relay.Tests.Plugins;

/// <summary>A plugin with a handler of every signature.</summary>
public sealed partial class RelayPluginTests
{
    internal abstract class Shapes<T> : RelayPlugin<ShapesJson>
    {
        [Topic("inherited")]
#pragma warning disable IDE0051 // A handler may be private, although the analyzer does not see its use.
        private void Inherited(PluginMessage message) => message.Reply("inherited");

        [Topic("overridden")]
        protected virtual void Overridden(PluginMessage message) => message.Reply("base");
    }

    internal sealed class AllShapes : Shapes<int>
    {
        public CancellationToken Token { get; private set; }

        protected override void Overridden(PluginMessage message) => message.Reply("overriding");

        [Topic("void")]
        public void Void(PluginMessage message) => message.Reply("void");

        [Topic("void_token")]
        private void VoidToken(PluginMessage message, CancellationToken cancellation) => message.Reply("void_token");
#pragma warning restore IDE0051

        [Topic("task")]
        internal Task TaskOnly(PluginMessage message) => Answered(message, "task");

        [Topic("task_token")]
        public Task TaskToken(PluginMessage message, CancellationToken cancellation) => Answered(message, "task_token");

        [Topic("value")]
        public ValueTask Value(PluginMessage message) => new(Answered(message, "value"));

        [Topic("value_token"), Topic("also")]
        public ValueTask ValueToken(PluginMessage message, CancellationToken cancellation) => new(Answered(message, "value_token"));

        [Topic("t_void")]
        public void TypedVoid(Count count, PluginMessage message) => message.Reply("t_void", count.Value, ShapesJson.Default.Int32);

        [Topic("t_void_token")]
        public void TypedVoidToken(Count count, PluginMessage message, CancellationToken cancellation) => message.Reply("t_void_token", count.Value, ShapesJson.Default.Int32);

        [Topic("t_task")]
        public Task TypedTask(Count count, PluginMessage message) => Answered(message, $"t_task {count.Value}");

        [Topic("t_task_token")]
        public Task TypedTaskToken(Count count, PluginMessage message, CancellationToken cancellation) => Answered(message, $"t_task_token {count.Value}");

        [Topic("t_value")]
        public ValueTask TypedValue(Count count, PluginMessage message) => new(Answered(message, $"t_value {count.Value}"));

        [Topic("t_value_token")]
        public ValueTask TypedValueToken(Count count, PluginMessage message, CancellationToken cancellation)
        {
            Token = cancellation;
            return new(Answered(message, $"t_value_token {count.Value}"));
        }

        [Topic("shape")]
        public void Polymorphic(Shape shape, PluginMessage message) => message.Reply(shape is Circle ? "circle" : "other");

        [Topic("maybe")]
        public void Maybe(Count? count, PluginMessage message) => message.Reply(count is null ? "nothing" : "something");

        [Topic("maybe_number")]
        public void MaybeNumber(int? number, PluginMessage message) => message.Reply(number is null ? "nothing" : "something");

        [Topic("number")]
        public void Number(int number, PluginMessage message) => message.Reply(number == 0 ? "something" : "else");

        [Topic("throws")]
        public Task Throws(Count count, PluginMessage message) => throw new InvalidTimeZoneException();

        [Topic("quiet")]
        public void Quiet(PluginMessage message) => message.Reply("quiet");

        [Topic("quiet_token")]
        public void QuietToken(PluginMessage message, CancellationToken cancellation) => message.Reply("quiet");

        [Topic("quiet_value")]
        public ValueTask QuietValue(PluginMessage message)
        {
            message.Reply("quiet");
            return default;
        }

        private static Task Answered(PluginMessage message, string answer)
        {
            message.Reply(answer);
            return Task.CompletedTask;
        }
    }
}
