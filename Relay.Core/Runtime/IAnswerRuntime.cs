using Relay.Core.Answers;

namespace Relay.Core.Runtime;

/// <summary>The answers that are kept for back ends, wherever a request comes again. They are lost with the process, or in a cluster the silo, that keeps them.</summary>
public interface IAnswerRuntime
{
    /// <summary>See <see cref="AnswerTable.Begin"/>.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="key">The key.</param>
    /// <param name="request">What the request is, in short.</param>
    /// <returns>What becomes of it.</returns>
    ValueTask<AnswerBegin> BeginAsync(TenantId tenant, string key, string request);

    /// <summary>See <see cref="AnswerTable.Complete"/> and <see cref="AnswerTable.GiveUp"/>.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="key">The key.</param>
    /// <param name="number">The request's number.</param>
    /// <param name="answer">What was answered, or null when it has come to nothing.</param>
    /// <returns>A task that ends when a request that comes from now on finds it.</returns>
    ValueTask EndAsync(TenantId tenant, string key, long number, KeptAnswer? answer);
}
