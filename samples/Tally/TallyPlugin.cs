using System.Text.Json.Serialization;
using Relay.Abstractions;

namespace Tally;

public sealed record Choice(string Poll, string Option);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Choice)), JsonSerializable(typeof(PollResult)), JsonSerializable(typeof(string))]
public sealed partial class TallyJson : JsonSerializerContext;

[RelayPlugin("tally_")]
public sealed class TallyPlugin(IGrainFactory grains) : RelayPlugin<TallyJson>
{
    // tally_vote {"poll":"lunch","option":"soup"}: who votes again has changed his mind, so running it twice does no harm.
    [Topic("vote", Idempotent = true)]
    public Task VoteAsync(Choice choice, PluginMessage message) =>
        AnswerAsync(message, Poll(choice.Poll).Vote(Context.User.UserId, choice.Option));

    // tally_result "lunch"
    [Topic("result", Idempotent = true)]
    public Task ResultAsync(string poll, PluginMessage message) => AnswerAsync(message, Poll(poll).Result());

    // A grain knows nothing of tenants. Two tenants' polls are two grains because the key says so, and the length keeps the parts apart.
    private IPollGrain Poll(string name) => grains.GetGrain<IPollGrain>($"{Context.User.Tenant.Length}:{Context.User.Tenant}{name}");

    private static async Task AnswerAsync(PluginMessage message, Task<PollResult> call)
    {
        try
        {
            message.Reply("result", await call, TallyJson.Default.PollResult);
        }
        catch (Exception error) when (error is OrleansException or TimeoutException)
        {
            // The grain's silo was lost, which is no fault of this plugin. Uncaught it would count as a crash.
            message.Fail("unavailable", "The poll cannot be reached at the moment.");
        }
    }
}
