using System.Collections.Immutable;

namespace Relay.Gateway.Auth;

/// <summary>What an identity is for.</summary>
[Flags]
internal enum Roles
{
    None = 0,

    /// <summary>A person or an app: hub, rooms, peers, and calls of models.</summary>
    User = 1,

    /// <summary>A machine that serves models.</summary>
    Node = 2,

    /// <summary>A client of tunnels.</summary>
    Tunnel = 4,

    /// <summary>A back end: sends to the tenant's connections, and looks at them.</summary>
    Publisher = 8,

    /// <summary>An operator: all that a back end may, and changes how things run.</summary>
    Operator = 16,

    /// <summary>An operator of the relay itself, of no tenant. No token can say so: only a key of <c>auth.operators</c> is one.</summary>
    RelayOperator = 32,

    All = User | Node | Tunnel | Publisher | Operator | RelayOperator,
}

/// <summary>Which role may what.</summary>
internal static class RoleTable
{
    /// <summary>The roles that a token or a key can have, by their names.</summary>
    public static ImmutableArray<(string Name, Roles Role)> Names { get; } =
        [("user", Roles.User), ("node", Roles.Node), ("tunnel", Roles.Tunnel), ("publisher", Roles.Publisher), ("operator", Roles.Operator)];

    /// <summary>The roles of which one is enough.</summary>
    public static Roles For(Access access) => access switch
    {
        Access.Hub or Access.Room or Access.Peer or Access.Call => Roles.User,
        Access.Node => Roles.Node,
        Access.Tunnel => Roles.Tunnel,
        Access.Publish or Access.Observe => Roles.Publisher | Roles.Operator | Roles.RelayOperator,
        Access.Operate => Roles.Operator | Roles.RelayOperator,
        Access.Administer => Roles.RelayOperator,
    };

    /// <summary>Those of the names that are roles; others are none of the relay's.</summary>
    public static Roles Read(IEnumerable<string> names)
    {
        var roles = Roles.None;
        foreach (var name in names)
        {
            foreach (var (known, role) in Names)
                if (known == name) roles |= role;
        }

        return roles;
    }

    /// <summary>The roles, for people.</summary>
    public static string Text(Roles roles) => roles == Roles.RelayOperator ? "of an operator of the relay (auth.operators)" : string.Join(" or ", Names.Where(each => (roles & each.Role) != 0).Select(static each => each.Name));
}
