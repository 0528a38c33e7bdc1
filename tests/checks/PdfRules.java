import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.logging.LogManager;
import javax.xml.parsers.DocumentBuilderFactory;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.ErrorArgument;
import org.verapdf.pdfa.validation.profiles.ErrorArgumentImpl;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.Rule;
import org.verapdf.pdfa.validation.profiles.RuleId;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;
import org.verapdf.pdfa.validation.profiles.Variable;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * PDF files -> one line of JSON for each file and profile: how many rules there are, how many checks were made, and
 * which failed. `java -cp JAR PdfRules.java FILE...`, where JAR holds veraPDF's engine.
 *
 * The engine reads its profiles with JAXB, which neither the JDK nor the JAR brings any more. So they are read here.
 */
public final class PdfRules {
    private static final Map<String, PDFAFlavour> PROFILES =
        Map.of("PDFUA-1", PDFAFlavour.PDFUA_1, "PDFA-3A", PDFAFlavour.PDFA_3_A);
    private static final int SHOWN_FAILURES_OF_A_RULE = 3;

    public static void main(String[] files) throws Exception {
        LogManager.getLogManager().reset();
        VeraGreenfieldFoundryProvider.initialise();
        for (Map.Entry<String, PDFAFlavour> entry : PROFILES.entrySet()) {
            ValidationProfile profile = read(entry.getKey(), entry.getValue());
            for (String file : files) {
                System.out.println(
                    "{\"file\": " + quoted(file) + ", \"profile\": " + quoted(entry.getKey()) + ", \"rules\": "
                        + profile.getRules().size() + ", " + verdict(new File(file), profile) + "}");
            }
        }
    }

    private static String verdict(File file, ValidationProfile profile) throws Exception {
        try (PDFAParser parser = Foundries.defaultInstance().createParser(file, profile.getPDFAFlavour());
            PDFAValidator validator = Foundries.defaultInstance()
                .createValidator(profile, SHOWN_FAILURES_OF_A_RULE, false, false, false)) {
            ValidationResult result = validator.validate(parser);
            List<String> failures = new ArrayList<>();
            result.getFailedChecks().forEach((rule, count) -> failures.add(failure(rule, count, result)));
            return "\"passed\": " + result.isCompliant() + ", \"checks\": " + result.getTotalAssertions()
                + ", \"failures\": [" + String.join(", ", failures) + "]";
        }
    }

    private static String failure(RuleId rule, int count, ValidationResult result) {
        String where = "";
        for (TestAssertion assertion : result.getTestAssertions()) {
            if (assertion.getRuleId().equals(rule)) {
                where += " " + assertion.getMessage() + " at " + assertion.getLocation().getContext() + ";";
            }
        }
        return quoted(rule.getClause() + "-" + rule.getTestNumber() + ", " + count + " times:" + where);
    }

    private static ValidationProfile read(String name, PDFAFlavour flavour) throws Exception {
        Element root;
        try (InputStream file = PDFAFlavour.class.getResourceAsStream("/org/verapdf/pdfa/validation/" + name + ".xml")) {
            if (file == null) {
                throw new IOException("The JAR holds no profile " + name + ".");
            }
            root = DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder().parse(file).getDocumentElement();
        }
        Set<Rule> rules = new LinkedHashSet<>();
        for (Element rule : below(root, "rule")) {
            rules.add(rule(rule));
        }
        Set<Variable> variables = new LinkedHashSet<>();
        for (Element each : below(root, "variable")) {
            variables.add(Profiles.variableFromValues(
                each.getAttribute("name"), each.getAttribute("object"), text(each, "defaultValue"), text(each, "value")));
        }
        return Profiles.profileFromValues(
            flavour, Profiles.profileDetailsFromValues(name, name, name, new Date(0)), "", rules, variables);
    }

    private static Rule rule(Element element) {
        Element id = below(element, "id").get(0);
        RuleId known = Profiles.ruleIdFromValues(
            PDFAFlavour.Specification.valueOf(id.getAttribute("specification")),
            id.getAttribute("clause"),
            Integer.parseInt(id.getAttribute("testNumber")));
        List<ErrorArgument> arguments = new ArrayList<>();
        for (Element argument : below(element, "argument")) {
            arguments.add(ErrorArgumentImpl.fromValues(argument.getTextContent(), null, null));
        }
        return Profiles.ruleFromValues(
            known,
            element.getAttribute("object"),
            element.hasAttribute("deferred") ? Boolean.valueOf(element.getAttribute("deferred")) : null,
            element.hasAttribute("tags") ? element.getAttribute("tags") : null,
            text(element, "description"),
            text(element, "test"),
            Profiles.errorFromValues(text(element, "message"), arguments),
            new ArrayList<>());
    }

    private static List<Element> below(Element element, String tag) {
        NodeList found = element.getElementsByTagName(tag);
        List<Element> elements = new ArrayList<>();
        for (int index = 0; index < found.getLength(); index++) {
            elements.add((Element) found.item(index));
        }
        return elements;
    }

    private static String text(Element element, String tag) {
        List<Element> found = below(element, tag);
        return found.isEmpty() ? "" : found.get(0).getTextContent();
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char each : text.toCharArray()) {
            json.append(each < 32 || each > 126 || each == '"' || each == '\\' ? String.format("\\u%04x", (int) each) : each);
        }
        return json.append('"').toString();
    }
}
