using System.Text;
using Relay.Core.Nodes;

namespace Relay.Tests.Rules;

/// <summary>The tokens that an answer reports, found as it passes.</summary>
public class TokenUsageReaderTests
{
    private const string Body = """{"id":"x","choices":[{"message":{"content":"the \"usage\":{\"prompt_tokens\":9} of words"}}],"usage" : {"prompt_tokens":12,"completion_tokens":34,"prompt_tokens_details":{"prompt_tokens":7},"total_tokens":46},"z":1}""";

    private const string Stream = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":null}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\n"
        + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5}}\n\ndata: [DONE]\n\n";

    [Theory]
    [InlineData(Body, 12, 34)]
    [InlineData(Stream, 3, 5)]
    [InlineData("""{"usage":{"input_tokens":1,"output_tokens":2}}""", 1, 2)]
    [InlineData("""{"role":"usage","usage":[1],"usage":{"prompt_tokens":"1","completion_tokens":-2}}""", 0, 0)]
    [InlineData("""{"usage":{"prompt_tokens":1,"completion_tokens":2""", 0, 0)]
    [InlineData("""{"usage":{"prompt_tokens":1e99,"completion_tokens":99999999999}}""", 0, 0)]
    [InlineData("""{"usage":{{{ "usage":{"prompt_tokens":4,"completion_tokens":5}}""", 4, 5)]
    [InlineData("no JSON at all", 0, 0)]
    public void TheReportIsFoundHoweverTheAnswerIsCut(string answer, long prompt, long completion)
    {
        var bytes = Encoding.UTF8.GetBytes(answer);
        for (var piece = 1; piece <= bytes.Length; piece++)
        {
            var reader = default(TokenUsageReader);
            foreach (var part in bytes.Chunk(piece)) reader.Add(part);
            Assert.Equal((piece, prompt, completion), (piece, reader.Prompt, reader.Completion));
        }
    }

    [Fact]
    public void WhatIsTooLongToBeAReportIsPassedOver()
    {
        var reader = default(TokenUsageReader);
        foreach (var part in Encoding.UTF8.GetBytes("""{"usage":{"x":" """ + new string('a', 5000) + """ "},"usage":{"prompt_tokens":1,"completion_tokens":2}}""").Chunk(700)) reader.Add(part);
        Assert.Equal((1, 2), (reader.Prompt, reader.Completion));
    }
}
