using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Relay.Tests.Repository;

/// <summary>
/// What processes of a cluster say to each other, a line for each thing that another build relies on. Read from the sources, because the packages of the
/// cluster tier are not everywhere.
/// </summary>
internal static partial class ClusterWire
{
    // Enums whose numbers cross in fields that are written as numbers.
    private static readonly string[] Numbers = ["ErrorCode", "CloseReason", "TrunkKind", "RelayEventKind", "TenantWriteOutcome", "AnswerPhase", "CallRefusal", "NodeTellingKind", "NodeNewsKind"];

    // A wire type's field of one of these is another field when it may be null.
    private static readonly string[] Values = ["DateTimeOffset", "TimeSpan", "Guid"];

    /// <summary>The lines of the tree, in order.</summary>
    public static IReadOnlyList<string> Read() => Read([.. SourceTree.CSharp("Relay.Grains", "Relay.Core").Select(SourceTree.Read)]);

    /// <summary>The lines of sources.</summary>
    public static IReadOnlyList<string> Read(IReadOnlyList<string> sources)
    {
        var declared = sources.SelectMany(static source => CSharpSyntaxTree.ParseText(source).GetRoot().DescendantNodes().OfType<BaseTypeDeclarationSyntax>()).ToList();
        var types = declared.OfType<TypeDeclarationSyntax>().Where(static type => Has(type, "GenerateSerializer")).ToList();
        var interfaces = declared.OfType<InterfaceDeclarationSyntax>().Where(static type => Has(type, "Alias")).ToList();
        var names = types.Concat<BaseTypeDeclarationSyntax>(interfaces).ToDictionary(static type => type.Identifier.Text, NameOf);
        var values = types.Where(static type => type is StructDeclarationSyntax or RecordDeclarationSyntax { ClassOrStructKeyword.RawKind: (int)SyntaxKind.StructKeyword })
            .Select(static type => type.Identifier.Text).Concat(Values).ToHashSet();
        var fields = types.SelectMany(static type => type.DescendantNodes().OfType<ParameterSyntax>().Where(static field => Has(field, "Id")).Select(field => (type, field))).ToList();
        var crossing = fields.SelectMany(static one => one.field.Type!.DescendantNodesAndSelf().OfType<IdentifierNameSyntax>()).Select(static name => name.Identifier.Text).Concat(Numbers).ToHashSet();
        string[] lines =
        [
            .. fields.Select(one => $"field {NameOf(one.type)} {ArgumentOf(one.field, "Id")} {Text(one.field.Type!, names, values)}"),
            .. declared.OfType<EnumDeclarationSyntax>().Where(type => crossing.Contains(type.Identifier.Text)).SelectMany(Members),
            .. interfaces.SelectMany(type => type.Members.OfType<MethodDeclarationSyntax>().Select(method =>
                $"call {NameOf(type)}.{ArgumentOf(method, "Alias")}({string.Join(", ", method.ParameterList.Parameters.Select(parameter => Text(parameter.Type!, names, values)))}) {Text(method.ReturnType, names, values)}")),
            .. sources.SelectMany(source => Hosted(source, names)),
        ];
        return [.. lines.Order(StringComparer.Ordinal)];
    }

    // A grain is found by its class's name, and so is a silo's inbox. (By its text: the parser here is older than constructors of classes in one line.)
    private static IEnumerable<string> Hosted(string source, Dictionary<string, string> names) =>
        from host in Hosts().Matches(source)
        from one in host.Groups["interfaces"].Value.Split(',', StringSplitOptions.TrimEntries)
        where names.ContainsKey(one)
        select $"host {host.Groups["name"].Value} {host.Groups["kind"].Value} {names[one]}";

    private static IEnumerable<string> Members(EnumDeclarationSyntax type)
    {
        var next = 0;
        foreach (var member in type.Members)
        {
            if (member.EqualsValue is { } given) next = int.Parse(given.Value.ToString(), CultureInfo.InvariantCulture);
            yield return $"number {type.Identifier.Text} {next++} {member.Identifier.Text}";
        }
    }

    private static string Text(TypeSyntax type, Dictionary<string, string> names, HashSet<string> values) => type switch
    {
        NullableTypeSyntax maybe when values.Contains(maybe.ElementType.ToString()) || maybe.ElementType is PredefinedTypeSyntax { Keyword.RawKind: not (int)SyntaxKind.StringKeyword } =>
            Text(maybe.ElementType, names, values) + "?",
        NullableTypeSyntax maybe => Text(maybe.ElementType, names, values),
        ArrayTypeSyntax array => Text(array.ElementType, names, values) + string.Concat(array.RankSpecifiers),
        TupleTypeSyntax tuple => $"({string.Join(", ", tuple.Elements.Select(element => Text(element.Type, names, values)))})",
        GenericNameSyntax generic => $"{generic.Identifier.Text}<{string.Join(", ", generic.TypeArgumentList.Arguments.Select(argument => Text(argument, names, values)))}>",
        _ => names.GetValueOrDefault(type.ToString(), type.ToString()),
    };

    private static string NameOf(BaseTypeDeclarationSyntax type) =>
        ArgumentOf(type, "Alias") ?? throw new InvalidOperationException($"{type.Identifier.Text} has no alias: another build would know it by its C# name.");

    private static bool Has(SyntaxNode node, string attribute) => ArgumentsOf(node, attribute).Any();

    private static string? ArgumentOf(SyntaxNode node, string attribute) => ArgumentsOf(node, attribute).FirstOrDefault() is { } found ? found.ArgumentList!.Arguments[0].ToString().Trim('"') : null;

    private static IEnumerable<AttributeSyntax> ArgumentsOf(SyntaxNode node, string attribute) =>
        node.ChildNodes().OfType<AttributeListSyntax>().SelectMany(static list => list.Attributes).Where(one => one.Name.ToString() == attribute);

    [GeneratedRegex(@"\bclass (?<name>\w+)(\([^()]*\))? : (?<kind>Grain|GrainService), (?<interfaces>[^\r\n{]+)")]
    private static partial Regex Hosts();
}
