"""Faults that a deployment must refuse: the code, the file, what is replaced by what, the element it is told on."""

from __future__ import annotations

FIRST_TIMER = (
    '<timerEventDefinition id="t1"><timeDuration>=duration(primo)</timeDuration></timerEventDefinition>'
)

FAULTS: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "BAD_XML",
        "sollecito.bpmn",
        "</process>",
        "</proces>",
        "",
    ),
    (
        "NOT_BPMN",
        "sollecito.bpmn",
        "20100524/MODEL",
        "20100524/ALTRO",
        "",
    ),
    (
        "DOCTYPE_REFUSED",
        "sollecito.bpmn",
        "<definitions",
        "<!DOCTYPE x [<!ENTITY a 'b'>]><definitions",
        "",
    ),
    (
        "ONE_PROCESS",
        "sollecito.bpmn",
        'isExecutable="true"',
        'isExecutable="false"',
        "",
    ),
    (
        "NO_START",
        "fragile.bpmn",
        '<startEvent id="Inizio"/>',
        '<task id="Inizio"/><sequenceFlow id="f9" sourceRef="Dopo" targetRef="Inizio"/>',
        "fragile",
    ),
    (
        "NO_LOOP_END",
        "fragile.bpmn",
        'c:topic="prova.fragile">',
        'c:topic="prova.fragile"><standardLoopCharacteristics/>',
        "Chiama",
    ),
    (
        "DUPLICATE_ID",
        "sollecito.bpmn",
        'id="Recupera" name',
        'id="Lavora" name',
        "Lavora",
    ),
    (
        "RESERVED_ID",
        "sollecito.bpmn",
        '<startEvent id="Inizio"/>',
        '<startEvent id="Start"/>',
        "Start",
    ),
    (
        "EVENT_SUBPROCESS_START",
        "errori.bpmn",
        '<subProcess id="Sotto"',
        '<subProcess triggeredByEvent="true" id="Sotto"',
        "Sotto",
    ),
    (
        "EVENT_SUBPROCESS_FLOW",
        "errori.bpmn",
        '<subProcess id="Sotto"',
        '<subProcess triggeredByEvent="true" id="Sotto"',
        "Sotto",
    ),
    (
        "TECHNICAL_ERROR",
        "errori.bpmn",
        'errorCode="NO"',
        'errorCode="ERRORE_TECNICO"',
        "E5",
    ),
    (
        "NO_SIGNAL",
        "bivio.bpmn",
        FIRST_TIMER,
        '<signalEventDefinition id="t1"/>',
        "Un_giorno",
    ),
    (
        "EMPTY_CONDITION",
        "bivio.bpmn",
        FIRST_TIMER,
        '<conditionalEventDefinition id="t1"/>',
        "Un_giorno",
    ),
    (
        "START_SCOPE",
        "richiami.bpmn",
        '<startEvent id="Inizio"/>',
        '<startEvent id="Inizio">'
        '<timerEventDefinition id="x1"><timeDate>2030-01-01</timeDate></timerEventDefinition></startEvent>',
        "Inizio",
    ),
    (
        "START_TIMER",
        "richiami.bpmn",
        '<startEvent id="Inizio"/>',
        '<startEvent id="Inizio">'
        '<timerEventDefinition id="x1"><timeDate>=domani</timeDate></timerEventDefinition></startEvent>',
        "Inizio",
    ),
    (
        "START_CONDITION",
        "richiami.bpmn",
        '<startEvent id="Inizio"/>',
        '<startEvent id="Inizio">'
        '<conditionalEventDefinition id="x1"><condition>=x</condition></conditionalEventDefinition></startEvent>',
        "Inizio",
    ),
    (
        "INSTANTIATE",
        "richiami.bpmn",
        '<startEvent id="Inizio"/>',
        '<startEvent id="Inizio"/><receiveTask id="Nuova" instantiate="true" messageRef="M_richiamo">'
        '<standardLoopCharacteristics loopMaximum="2"/></receiveTask>',
        "Nuova",
    ),
    (
        "START_NAME",
        "richiami.bpmn",
        '<startEvent id="Inizio"/>',
        '<startEvent id="Inizio"><messageEventDefinition id="x1" messageRef="M_x"/></startEvent>',
        "Inizio",
    ),
    (
        "UNSUPPORTED_EVENT",
        "bivio.bpmn",
        FIRST_TIMER,
        '<cancelEventDefinition id="t1"/>',
        "Un_giorno",
    ),
    (
        "EMPTY_EVENT",
        "bivio.bpmn",
        FIRST_TIMER,
        "",
        "Un_giorno",
    ),
    (
        "NO_MESSAGE",
        "richiami.bpmn",
        'messageRef="M_richiamo"',
        'messageRef="M_altro"',
        "Richiamo",
    ),
    (
        "DETACHED_BOUNDARY",
        "richiami.bpmn",
        'name="Richiamo" attachedToRef="Lavora"',
        'name="Richiamo" attachedToRef="Boh"',
        "Richiamo",
    ),
    (
        "ERROR_MUST_INTERRUPT",
        "errori.bpmn",
        'name="Errore preso"',
        'name="Errore preso" cancelActivity="false"',
        "Preso",
    ),
    (
        "UNREACHABLE",
        "sollecito.bpmn",
        '<sequenceFlow id="f4" sourceRef="Scade" targetRef="Recupera"/>',
        '<sequenceFlow id="f4" sourceRef="Scade" targetRef="Fine"/>',
        "Recupera",
    ),
    (
        "DANGLING_FLOW",
        "fragile.bpmn",
        'targetRef="Fine"',
        'targetRef="Nulla"',
        "f3",
    ),
    (
        "BAD_EXPRESSION",
        "errori.bpmn",
        '=dove = "fine"',
        '=dove = = "fine"',
        "f4",
    ),
    (
        "BAD_EXPRESSION",
        "parametri.bpmn",
        '=parametro("soglia")',
        '=parametrone("soglia")',
        "Leggi",
    ),
    (
        "NOBODY",
        "fragile.bpmn",
        'name="Dopo" c:candidateGroups="assistente_sociale"',
        'name="Dopo"',
        "Dopo",
    ),
    (
        "UNKNOWN_FORM",
        "proposta.bpmn",
        'c:formRef="proposta"',
        'c:formRef="propostona"',
        "Scrivi",
    ),
    (
        "UNKNOWN_ELEMENT",
        "proposta.bpmn",
        'value="Scrivi"',
        'value="Scrive"',
        "Approva",
    ),
    (
        "NO_OPERATION",
        "fragile.bpmn",
        'c:topic="prova.fragile"',
        "",
        "Chiama",
    ),
    (
        "UNKNOWN_OPERATION",
        "fragile.bpmn",
        "prova.fragile",
        "prova.fragili",
        "Chiama",
    ),
    (
        "BAD_INPUT",
        "fragile.bpmn",
        "<c:outputParameter",
        '<c:inputParameter name="x">1</c:inputParameter><c:outputParameter',
        "Chiama",
    ),
    (
        "NO_DECISION",
        "parametri.bpmn",
        '<sequenceFlow id="f3"',
        (
            '<businessRuleTask id="Regola" name="Regola"/>'
            '<sequenceFlow id="f31" sourceRef="Leggi" targetRef="Regola"/>'
            '<sequenceFlow id="f3"'
        ),
        "Regola",
    ),
    (
        "UNKNOWN_DECISION",
        "parametri.bpmn",
        '<sequenceFlow id="f3"',
        (
            '<businessRuleTask id="Regola" name="Regola" c:decisionRef="boh" c:resultVariable="r"/>'
            '<sequenceFlow id="f3"'
        ),
        "Regola",
    ),
    (
        "SCRIPT_FORMAT",
        "parametri.bpmn",
        'scriptFormat="feel"',
        'scriptFormat="python"',
        "Leggi",
    ),
    (
        "NO_CALLED_PROCESS",
        "errori.bpmn",
        'calledElement="errore_interno"',
        "",
        "Chiamata",
    ),
    (
        "UNKNOWN_PROCESS",
        "errori.bpmn",
        'calledElement="errore_interno"',
        'calledElement="altrove"',
        "Chiamata",
    ),
    (
        "NO_COLLECTION",
        "firme.bpmn",
        'c:collection="=firmatari" c:elementVariable="firmatario"',
        "",
        "Insieme",
    ),
    (
        "EMPTY_TIMER",
        "sollecito.bpmn",
        "<timeDuration>PT10H</timeDuration>",
        "",
        "Scade",
    ),
    (
        "BAD_TIMER",
        "sollecito.bpmn",
        "PT10H",
        "=duration(",
        "Scade",
    ),
    (
        "EVENT_GATEWAY",
        "bivio.bpmn",
        'sourceRef="Attendi" targetRef="Un_giorno"',
        'sourceRef="Attendi" targetRef="Dopo_uno"',
        "Attendi",
    ),
    (
        "BAD_PARAMETER",
        "parametri/parametri.yaml",
        "valore: 10",
        "valore: dieci",
        "soglia",
    ),
)
