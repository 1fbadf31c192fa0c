using System.CommandLine;
using NonLocal.Cli.Benchmarks;
using NonLocal.Cli.Rendering;
using NonLocal.Models;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal models [PART]</c>.</summary>
internal sealed class ModelsVerb : VerbCommand
{
    private readonly Argument<string> part = new("PART")
    {
        Description = "Only models whose names hold this.",
        DefaultValueFactory = _ => "",
    };

    /// <summary>The verb.</summary>
    public ModelsVerb()
        : base("models", "List the models: size, cost, source.", "nonlocal models cifar", "nonlocal models --json") =>
        Arguments.Add(part);

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        string wanted = arguments.GetValue(part)!;
        string[] names = [.. ModelRegistry.Names.Where(name => name.Contains(wanted, StringComparison.OrdinalIgnoreCase))];
        if (names.Length == 0)
        {
            throw new UsageException($"no model's name holds '{wanted}'.{NearestName.Hint(wanted, ModelRegistry.Names)}");
        }

        ModelRow[] rows = [.. names.Select(Row)];
        if (json)
        {
            Results.Write(terminal, rows, Results.Default.ModelRowArray);
        }
        else
        {
            Show(rows, terminal);
        }

        return 0;
    }

    private static ModelRow Row(string name)
    {
        Classifier model = ModelRegistry.Create(name);
        foreach (Variable variable in model.Parameters())
        {
            // Nothing runs, so first values would be drawn in vain.
            variable.MarkChanged();
        }

        Shape input = model.Info.InputShape(1);
        ModelEntry entry = ModelRegistry.Entries[name];
        return new ModelRow(
            name,
            input.ToString(),
            model.Classes,
            model.Parameters().Sum(parameter => parameter.Shape.Count),
            LayerSubject.Of(model, input, train: false).LiteralMultiplyAdds,
            entry.Description,
            entry.Source);
    }

    private static void Show(ModelRow[] rows, Terminal terminal)
    {
        Grid grid = new("name", "input", ">classes", ">parameters", ">million multiply-adds", "description", "source");
        foreach (ModelRow row in rows)
        {
            grid.Add(
                row.Name,
                row.Input,
                Figures.Whole(row.Classes),
                Figures.Whole(row.Parameters),
                Figures.Fixed(row.MultiplyAdds / 1e6, 1),
                row.Description,
                row.Source);
        }

        grid.Write(terminal);
    }
}
