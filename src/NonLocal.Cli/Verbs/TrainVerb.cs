using System.CommandLine;
using System.Runtime.InteropServices;
using NonLocal.Cli.Recipes;
using NonLocal.Cli.Rendering;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Runtime;
using NonLocal.Training;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal train RECIPE</c>.</summary>
internal sealed class TrainVerb : VerbCommand
{
    private const int Interrupted = 130;

    private readonly Argument<string> recipe = new("RECIPE") { Description = "A YAML file: model, data, training; see docs/recipes.md." };

    private readonly Argument<string[]> changes = new("key=value")
    {
        Description = "Values in place of the recipe's, such as training.epochs=3.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> output = new("--output")
    {
        Description = "The run's folder: resolved recipe, environment, log, checkpoints. Default: runs/ and the recipe's name.",
        HelpName = "FOLDER",
    };

    private readonly Option<bool> resume = new("--resume")
    {
        Description = "Go on from the newest whole checkpoint in the folder; from the start if there is none.",
    };

    private readonly Option<int> threads = new("--threads")
    {
        Description = "How many threads share the work; changes no bit of the result. Default: one for each processor.",
        DefaultValueFactory = _ => Environment.ProcessorCount,
        HelpName = "N",
    };

    /// <summary>The verb.</summary>
    public TrainVerb()
        : base(
            "train",
            "Train a network by a recipe; a run that was stopped goes on where it was, bit for bit.",
            "nonlocal train recipes/cifar10-resnet20-nl.yaml data.train=train.tar.gz data.test=test.tar.gz",
            "nonlocal train recipes/cifar10-resnet20-nl.yaml training.epochs=3 --output runs/short --resume")
    {
        Arguments.Add(recipe);
        Arguments.Add(changes);
        Options.Add(output);
        Options.Add(resume);
        Options.Add(threads);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        string path = arguments.GetValue(recipe)!;
        int workers = arguments.GetValue(threads);
        if (workers is < 1 or > 1024)
        {
            throw new UsageException($"--threads is {workers}, expected 1 to 1024.");
        }

        RunFolder folder = new(arguments.GetValue(output) ?? Path.Combine("runs", Path.GetFileNameWithoutExtension(path)));
        Recipe read = Recipe.Read(path, arguments.GetValue(changes)!);
        bool goOn = arguments.GetValue(resume);
        folder.Prepare(read.Plan.Recipe, goOn, workers);

        using WorkerPool pool = new(workers);
        TrainingPlan plan = read.Plan with { Folder = folder.Path, Options = new CompileOptions { Pool = pool } };
        Progress decoding = new(terminal, json);
        Trainer trainer = new(
            read.Model,
            read.Data.TrainingSamples(read.Model.Info, decoding.Report),
            read.Data.TestSamples(read.Model.Info, decoding.Report),
            plan);
        decoding.Clear();
        if (!json)
        {
            Announce(read, trainer, folder, terminal);
        }

        TrainingPosition position = Fit(trainer, plan, read.Data.Noun, goOn, terminal, json);
        Report(position, trainer, folder, terminal, json);
        return position.Step == trainer.Steps ? 0 : Interrupted;
    }

    private static void Announce(Recipe recipe, Trainer trainer, RunFolder folder, Terminal terminal)
    {
        long parameters = recipe.Model.Parameters().Sum(parameter => parameter.Shape.Count);
        terminal.Output.WriteLine(
            $"{recipe.Model.Info.Name}: {Figures.Whole(parameters)} parameters, {Figures.Whole(recipe.Data.Count)} {recipe.Data.Noun} of "
            + $"{recipe.Model.Classes} classes, {Figures.Whole(trainer.Steps)} steps");
        terminal.Output.WriteLine(
            $"memory: {Figures.Whole(trainer.ProgramBytes)} bytes for the programs, {Figures.Whole(3 * 4 * parameters)} for parameters, "
            + $"gradients and momentum; run folder: {folder.Path}");
    }

    // Ctrl+C and a request to end stop the run between two steps, with a checkpoint.
    private static TrainingPosition Fit(
        Trainer trainer, TrainingPlan plan, string samples, bool resume, Terminal terminal, bool json)
    {
        using CancellationTokenSource stop = new();
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }

        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration end = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        TrainingDisplay display = new(terminal, json, plan.Epochs, plan.BatchSize, samples);
        TrainingPosition position = trainer.Fit(
            resume, display.Report, problem => terminal.Error.WriteLine($"nonlocal: {problem}; an older checkpoint is used"), stop.Token);
        display.Clear();
        return position;
    }

    private static void Report(TrainingPosition position, Trainer trainer, RunFolder folder, Terminal terminal, bool json)
    {
        bool finished = position.Step == trainer.Steps;
        if (json)
        {
            Results.Write(
                terminal,
                new TrainResult(folder.Path, finished, position.Step, trainer.Steps, position.Best, folder.In("best.safetensors")),
                Results.Default.TrainResult);
            return;
        }

        if (!finished)
        {
            terminal.Output.WriteLine(
                $"stopped after step {Figures.Whole(position.Step)} of {Figures.Whole(trainer.Steps)}; --resume goes on from there");
            return;
        }

        string best = position.Best is { } top1 ? $"best top 1: {Figures.Fixed(100 * top1, 2)} %, in {folder.In("best.safetensors")}"
            : $"the network is in {folder.In("last.safetensors")}";
        terminal.Output.WriteLine(best);
    }
}
