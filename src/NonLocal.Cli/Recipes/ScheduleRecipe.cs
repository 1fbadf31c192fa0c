using NonLocal.Training;

namespace NonLocal.Cli.Recipes;

/// <summary>The section <c>schedule</c>: how the learning rate goes. Lengths are in epochs, which need not be whole.</summary>
internal static class ScheduleRecipe
{
    /// <summary>Reads a schedule.</summary>
    /// <param name="section">Name, rate, and what belongs to the name.</param>
    /// <param name="epochs">How long it lasts.</param>
    /// <param name="stepsInEpoch">Turns epochs into steps.</param>
    /// <exception cref="UsageException">An unknown name or key, or a value out of range.</exception>
    public static LearningRateSchedule Read(RecipeSection section, double epochs, int stepsInEpoch)
    {
        double rate = section.Number("rate", null, 0);
        string name = section.Text("name", "cosine");
        RecipeSection? then = section.OptionalSection("then");
        double? next = then?.Number("at", null, 0, epochs);
        LearningRateSchedule schedule = name switch
        {
            "constant" => new ConstantRate(rate),
            "step" => new StepRate(rate, Length("every", null), Factor(0.1)),
            "multi-step" => new MultiStepRate(rate, Milestones(), Factor(0.1)),
            "exponential" => new ExponentialRate(rate, Math.Pow(Factor(null), 1.0 / stepsInEpoch)),
            "cosine" => new CosineRate(rate, Length("epochs", next ?? epochs), section.Number("end", 0, 0)),
            "cosine-restarts" => new CosineRestartsRate(
                rate, Length("period", null), (int)section.Integer("growth", 1, 1, 100), section.Number("end", 0, 0)),
            "polynomial" => new PolynomialRate(rate, Length("epochs", next ?? epochs), section.Number("power", 0.9, 0)),
            _ => throw section.Problem(
                "name",
                $"there is no schedule '{name}'."
                + NearestName.Hint(name, ["constant", "step", "multi-step", "exponential", "cosine", "cosine-restarts", "polynomial"])),
        };
        if (section.OptionalSection("warm_up") is { } warmUp)
        {
            schedule = schedule.WithWarmUp(Steps(warmUp.Number("epochs", null, 0, epochs)), warmUp.Number("from", 0, 0, 1));
            warmUp.Finish();
        }

        if (next is { } milestone)
        {
            schedule = schedule.Then(Steps(milestone), Read(then!, epochs - milestone, stepsInEpoch));
        }

        section.Finish();
        return schedule;

        long Steps(double length) => (long)Math.Round(length * stepsInEpoch);

        long Length(string key, double? otherwise) => Math.Max(1, Steps(section.Number(key, otherwise, 1e-6)));

        double Factor(double? otherwise) => section.Number("factor", otherwise, 0, 1);

        long[] Milestones() => section.OptionalNumbers("milestones", 0) is { } at
            ? [.. at.Select(Steps)] : throw section.Missing("milestones");
    }
}
