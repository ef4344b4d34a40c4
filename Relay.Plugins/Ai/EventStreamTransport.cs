using System.ClientModel.Primitives;
using System.Net.Http.Headers;

namespace Relay.Plugins.Ai;

/// <summary>Asks for events below the package's pipeline.</summary>
/// <remarks>
/// Seeing this header, the pipeline (System.ClientModel 1.16) would follow redirects by itself, ask again for a chat whose
/// stream broke, and buffer each event without a bound. A chat costs money: it is asked for once.
/// </remarks>
internal sealed class EventStreamTransport(HttpClient client) : HttpClientPipelineTransport(client)
{
    private static readonly MediaTypeWithQualityHeaderValue Events = new("text/event-stream");

    protected override void OnSendingRequest(PipelineMessage message, HttpRequestMessage httpRequest)
    {
        httpRequest.Headers.Accept.Clear();
        httpRequest.Headers.Accept.Add(Events);
    }
}
